module flux-relay.test/substitution

go 1.27.0

require github.com/fluxcd/pkg/envsubst v1.9.0
