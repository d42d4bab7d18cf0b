"""What a criterion sees of a layer, in a traced network and in a chain of Dense layers."""

def network_scores(net, criterion, params, x, key, loss):
    ...
