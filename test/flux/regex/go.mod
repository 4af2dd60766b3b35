module flux-relay.test/regex

go 1.27.0
