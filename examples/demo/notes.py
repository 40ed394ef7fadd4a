"""What the demo says of itself and of the model that it reads with."""

NOTE = (
    "Sixty years of medicine in 71 short abstracts, which we wrote ourselves after real papers and with their real dates. "
    "What they claim was noted down by us, sentence by sentence (curated observations), and folded into a graph. "
    "Not a source for medical decisions."
)

UNTAUGHT = (
    "It has 135 million parameters, was not trained for this task, and reads badly. "
    "It is here to show that the whole line runs on a laptop; for real work use a larger model on a server."
)

TAUGHT = (
    "It has 135 million parameters and was trained to read by annotated abstracts of real papers (BioRED and BC5CDR). "
    "Its confidences were calibrated on abstracts that it was not trained on; what it was never taught, it cannot say."
)

TAUGHT_ELSEWHERE = "It has an adapter of yours; what that was never taught, it cannot say."
