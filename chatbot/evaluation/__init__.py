"""How good the answers are: judged questions, measures, before and after."""
