import { replayAction } from './actions/replay.ts'
import type { ConsoleAction, ConsolePage } from './page.ts'
import { deliveriesPage } from './pages/deliveries.ts'

/** Every page of the console. */
export const PAGES: readonly ConsolePage[] = [deliveriesPage]

/** Everything that the forms of the console do. */
export const ACTIONS: readonly ConsoleAction[] = [replayAction]

/** The page that the console begins with. */
export const FIRST_PAGE = deliveriesPage.path
