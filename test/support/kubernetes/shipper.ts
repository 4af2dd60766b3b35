import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServedProcess } from '../relay-process.ts'
import { type ShipperHere, startShipperHere } from '../shipper-here.ts'
import { type ShipperArguments, startShipper } from '../shipper-process.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import type { TestCluster } from './cluster.ts'

/** Starts `flux-relay ship` in a cluster, and waits until it is ready. */
export function startShipperIn(
  cluster: TestCluster,
  { flags = [], ...shipper }: ShipperArguments,
): Promise<ServedProcess> {
  return startShipper({ ...shipper, flags: [...kubeFlags(cluster), ...flags] })
}

/** The same in the process of the test, with no signals and variables of its own. */
export function startShipperHereIn(
  cluster: TestCluster,
  { flags = [], ...shipper }: ShipperArguments,
): Promise<ShipperHere> {
  return startShipperHere({ ...shipper, flags: [...kubeFlags(cluster), ...flags] })
}

function kubeFlags({ url, tokenFile, ca }: TestCluster): readonly string[] {
  const flags = ['--kube-api', url, '--kube-token-file', tokenFile]
  if (ca === undefined) return flags
  const file = join(temporaryDirectory(), 'ca.crt')
  writeFileSync(file, ca)
  return [...flags, '--kube-ca-file', file]
}
