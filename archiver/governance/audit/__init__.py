"""The auditor's report (granskning): questions as data, one small function each, and assessments.

`questions.toml` holds each question with its figures and where each comes from; `answers` the
functions, by the question's id; `survey.toml` the figures deviations are compared with. Another
question is a table there and a function here.
"""
