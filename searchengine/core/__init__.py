"""The field's nouns in pure Python: genome, birth, job, score, archive, budget, method, space."""
