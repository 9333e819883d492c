module attach

go 1.21
