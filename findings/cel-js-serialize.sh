#!/usr/bin/env bash
# @marcbachmann/cel-js 8.0.0.
# Its `serialize` writes a parsed expression again, and leaves out parentheses that the expression needs: the text that comes
# out parses, and has another value. Whoever rewrites an expression must rewrite its tree, or its text in place.
# Seen: x - (y - z) is 3; written again, x - y - z is 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0
cat >see.mjs <<'JS'
import { evaluate, parse, serialize } from '@marcbachmann/cel-js'
const variables = { x: 5n, y: 3n, z: 1n }
const text = 'x - (y - z)'
const again = serialize(parse(text).ast)
console.log(`${text} is ${evaluate(text, variables)}; written again, ${again} is ${evaluate(again, variables)}`)
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = 'x - (y - z) is 3; written again, x - y - z is 1' ]
