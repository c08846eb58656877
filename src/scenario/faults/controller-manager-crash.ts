/** controllerManagerCrash: a process of kube-controller-manager ends; another instance takes over once the lease has run out. */
import { faultKind } from './fault.ts';
import { type ProcessCrash, processCrashShape, resolveProcessCrash } from './process-crash.ts';

/** A crash of kube-controller-manager, resolved. */
export interface ControllerManagerCrash extends ProcessCrash {
  readonly fault: 'controllerManagerCrash';
}

export const controllerManagerCrash = faultKind({
  help: 'A process of kube-controller-manager, the leading one unless `instance` says another, ends and runs again after `duration`.',
  shape: processCrashShape,
  resolve: (written): ControllerManagerCrash => ({ fault: 'controllerManagerCrash', ...resolveProcessCrash(written) }),
});
