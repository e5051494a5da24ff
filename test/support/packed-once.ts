import { installedPackage, tarball } from './tarball'

/** Packs and installs before mocha starts its workers, so that these find one tarball and one installation. */
export function mochaGlobalSetup(): void {
  process.env.PACKED_TARBALL = tarball()
  installedPackage()
}
