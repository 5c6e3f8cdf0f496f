module ebb.dev/echo-go

go 1.26
