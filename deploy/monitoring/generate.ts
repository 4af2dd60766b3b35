import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { monitoringFiles } from './files.ts'

// Writes the dashboard, and the alerts to wherever they are installed from: `npm run monitoring`.
for (const { path, text } of monitoringFiles()) {
  writeFileSync(resolve(import.meta.dirname, '..', path), text)
}
