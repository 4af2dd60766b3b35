/**
 * How much of each folder the tests have to run at least, in percent; CI ends with an error below.
 * What runs only in processes or threads that tests start is not counted. Who raises the coverage
 * of a folder raises its floor: two points below what `npm run test:coverage` shows.
 */
export const COVERAGE_FLOORS = {
  'relay/**': floor(97, 92),
  'adapters/**': floor(94, 88),
  'hosts/shipper/**': floor(92, 88),
  'hosts/embedded/**': floor(88, 84),
  'functions/**': floor(93, 87),
  'cli/**': floor(92, 87),
  'console/**': floor(98, 89),
  'client/**': floor(97, 92),
  'hosts/kit/**': floor(95, 84),
} as const

function floor(lines: number, branches: number) {
  return { lines, branches }
}
