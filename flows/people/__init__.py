"""What persons and adjudicators decide: names under review, rulings on conflicts."""
