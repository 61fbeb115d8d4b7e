print('own code')
