"""Report tuples as pictures: Plotly figures, Dash pages and small drawings. No queries, no science."""
