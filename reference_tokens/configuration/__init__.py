"""The instance as a file (contract 5.1): `document` says what a file holds, `kinds` what each section stands for,
`applying` makes the instance what the file says, and `exporting` writes the file of an instance.
"""
