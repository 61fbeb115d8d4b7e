from three import note


def pass_on(**given):
    note(given["client"])


def pass_all(*given):
    note(*given)
