export { type VirtualClock, virtualClock } from './scheduler/clock.ts'
export { type Explored, type ExploreOptions, explore } from './scheduler/explore.ts'
export { type ManualScheduler, manualScheduler } from './scheduler/manual.ts'
export {
  type Choose,
  fifoPolicy,
  laneOf,
  type Policy,
  pctPolicy,
  randomPolicy,
  replayPolicy,
  ScheduleError,
  scriptPolicy,
  type TraceStep,
  type Waiting,
} from './scheduler/policy.ts'
export { below, seededRandom } from './scheduler/random.ts'
export {
  replay,
  type SeededOptions,
  type SeededScheduler,
  type Settle,
  seededScheduler,
} from './scheduler/seeded.ts'
