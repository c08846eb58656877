/** Everything that a scheduler of a cell can be set to: what all share, its architecture's own, and its node chooser's. */
import type { ParameterSet } from '../../engine/index.ts';
import { type AlgorithmName, algorithmRegistry } from '../kube-scheduler/algorithms/index.ts';
import {
  type ArchitectureDefinition,
  type ArchitectureName,
  architectureRegistry,
  placementSettings,
  sharedSettings,
} from './architectures/index.ts';

/** The settings; `placement` as it is set, its default if undefined. */
export function settingsOfScheduler(
  architecture: ArchitectureName,
  placement: AlgorithmName | undefined,
): ParameterSet {
  const { settings, usesPlacement }: ArchitectureDefinition = architectureRegistry[architecture];
  if (!usesPlacement) return { ...sharedSettings, ...settings };
  const chooser = algorithmRegistry[placement ?? usualPlacement(settings)];
  return { ...chooser.settings, ...sharedSettings, ...placementSettings, ...settings };
}

/** The node chooser that an architecture has where none is named. */
function usualPlacement(settings: ParameterSet): AlgorithmName {
  return (settings.placement?.default ?? placementSettings.placement.default) as AlgorithmName;
}
