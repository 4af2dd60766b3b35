import { resolve } from 'node:path'
import { bundleShipper } from './bundle.ts'

// `npm run bundle:shipper [-- FILE]`.
const [file = resolve(import.meta.dirname, '../../dist/flux-relay-ship.mjs')] =
  process.argv.slice(2)
bundleShipper(file)
