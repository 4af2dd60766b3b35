#!/usr/bin/env bash
# sigs.k8s.io/yaml 1.6.0, by which kubectl and the API server read YAML (Go), beside yaml 2.9.1 (npm).
# An image tag or a short commit hash of digits around one `e` is a number to YAML. Where it is too large for a float, Go's
# reader takes it for a text without a word, so `tag: 123e4567` works in a manifest and `tag: 12345e67`, of as many characters, is
# a number that the API server refuses. Other readers make both numbers, and JSON has no infinity: the first becomes null. So
# whether such a manifest is right differs between kubectl and a linter, and between one commit and the next.
# Seen: kubectl {"a":"123e4567","b":1.2345e+71}, npm {"a":null,"b":1.2345e+71}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'a: 123e4567\nb: 12345e67\n' >it.yaml
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	text, err := os.ReadFile("it.yaml")
	if err != nil {
		panic(err)
	}
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		panic(err)
	}
	fmt.Print(string(json))
}
GO
go mod init finding.test >/dev/null 2>&1
go get sigs.k8s.io/yaml@v1.6.0 >/dev/null 2>&1
npm install --silent --no-audit --no-fund yaml@2.9.1 >/dev/null
read_by_npm="process.stdout.write(JSON.stringify(require('yaml').parse(require('fs').readFileSync('it.yaml', 'utf8'))))"
seen="kubectl $(go run .), npm $(node -e "$read_by_npm")"
echo "$seen"
[ "$seen" = 'kubectl {"a":"123e4567","b":1.2345e+71}, npm {"a":null,"b":1.2345e+71}' ]
