import { nearestName } from '../model/nearest-name.ts'
import { providerTypes } from '../providers/registry.ts'

/** Names a type that does not exist, and the one that a person most likely meant: `slak; did you mean slack?`. */
export function unknownType(name: string): string {
  const meant = nearestName(name, providerTypes.keys())
  return meant === undefined ? name : `${name}; did you mean ${meant}?`
}
