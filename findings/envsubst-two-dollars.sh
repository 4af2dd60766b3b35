#!/usr/bin/env bash
# fluxcd/pkg/envsubst 1.9.0, the post-build substitution of Flux's Kustomizations, by Go.
# The text holds no variable. Known is that `$${name}` gives `${name}`; but every `$$` becomes one `$`, wherever it stands, also
# where no brace follows, while `$1` and `$(name)` stay. So a script in a ConfigMap writes `$` instead of its process id, and an escape
# of another template language that doubles the `$` is gone, as soon as its Kustomization substitutes anything at all.
# Seen: echo $ > app.pid; echo $1 $(hostname) $(literal)
set -euo pipefail
export GOTOOLCHAIN=auto # the module asks for Go 1.27
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/fluxcd/pkg/envsubst"
)

func main() {
	text, err := envsubst.Eval(os.Args[1], func(string) (string, bool) { return "replaced", true })
	if err != nil {
		panic(err)
	}
	fmt.Println(text)
}
GO
go mod init finding 2>/dev/null
go get github.com/fluxcd/pkg/envsubst@v1.9.0 >/dev/null 2>&1
seen=$(go run . 'echo $$ > app.pid; echo $1 $(hostname) $$(literal)')
echo "$seen"
[ "$seen" = 'echo $ > app.pid; echo $1 $(hostname) $(literal)' ]
