// Prints what failed in all suites, and last the line `N passed, N failed`.
// Arguments: the folder with each suite's report, as vitest's json reporter writes it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
// A suite that was skipped has no report.
const suites = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  report: JSON.parse(readFileSync(join(folder, file), 'utf8')),
}))

for (const { name, report } of suites) {
  for (const file of report.testResults) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    for (const test of failed) print(name, file.name, test.fullName, test.failureMessages[0])
    if (failed.length === 0 && file.status === 'failed') print(name, file.name, '', file.message)
  }
}

const sum = (count) => suites.reduce((total, { report }) => total + report[count], 0)
process.stdout.write(`${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed\n`)

function print(suite, file, test, message = '') {
  const where = file.replace(`${process.cwd()}/`, '')
  process.stdout.write(`FAILED ${suite}: ${where}: ${test}\n${message.slice(0, 2_000)}\n\n`)
}
