from notes.keep import remember

remember({"depth": 3}, {"auc": 0.7})
