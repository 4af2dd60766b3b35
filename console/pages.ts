import { dismissAction, replayAction } from './actions/changes.ts'
import { endSilenceAction, silenceAction } from './actions/silence.ts'
import { testProviderAction } from './actions/test-provider.ts'
import type { ConsoleAction, ConsolePage } from './page.ts'
import { clustersPage } from './pages/clusters.ts'
import { deliveriesPage } from './pages/deliveries.ts'
import { deliveryPage } from './pages/delivery.ts'
import { eventPage } from './pages/event.ts'
import { eventsPage } from './pages/events.ts'
import { csvExport, jsonExport } from './pages/export.ts'
import { alertsPage, providersPage } from './pages/objects.ts'
import { overviewPage } from './pages/overview.ts'
import { tryAction, tryPage } from './pages/try.ts'

/** Every page of the console. */
export const PAGES: readonly ConsolePage[] = [
  overviewPage,
  deliveriesPage,
  csvExport,
  jsonExport,
  deliveryPage,
  eventsPage,
  eventPage,
  alertsPage,
  providersPage,
  clustersPage,
  tryPage,
]

/** Everything that the forms of the console do. */
export const ACTIONS: readonly ConsoleAction[] = [
  replayAction,
  dismissAction,
  testProviderAction,
  silenceAction,
  endSilenceAction,
  tryAction,
]
