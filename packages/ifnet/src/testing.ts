/// <reference lib="esnext.disposable" preserve="true" />
export { type EtherOptions, etherCloner } from './testing/cloner.ts'
export { createLab, type Lab, type LabOptions } from './testing/lab.ts'
