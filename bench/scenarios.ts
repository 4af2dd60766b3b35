import type { Scenario } from './scenario.ts'
import { backlog } from './scenarios/backlog.ts'
import { baseline } from './scenarios/baseline.ts'
import { burst } from './scenarios/burst.ts'
import { calm } from './scenarios/calm.ts'
import { firstPaint } from './scenarios/first-paint.ts'
import { isolation } from './scenarios/isolation.ts'
import { largeConfig } from './scenarios/large-config.ts'
import { liveReaders } from './scenarios/live-readers.ts'
import { manyAlerts } from './scenarios/many-alerts.ts'
import { matchTime } from './scenarios/match-time.ts'
import { oneSender } from './scenarios/one-sender.ts'
import { parked } from './scenarios/parked.ts'
import { rows } from './scenarios/rows.ts'
import { slowDisk } from './scenarios/slow-disk.ts'
import { throughput } from './scenarios/throughput.ts'

/** All measures, in the order of the table in docs/performance.md. */
export const SCENARIOS: readonly Scenario[] = [
  throughput,
  liveReaders,
  baseline,
  burst,
  isolation,
  rows,
  parked,
  backlog,
  manyAlerts,
  matchTime,
  largeConfig,
  slowDisk,
  calm,
  oneSender,
  firstPaint,
]
