import type { Protocol, Scores } from '@webcir/eval';
import type { RunEvent } from '@webcir/train';
import { formatSpeed, ProgressLine } from '../../progress.ts';

/** Shows a run's events as progress lines, one for each stage. */
export function showProgress({ metrics, headline }: Protocol): (event: RunEvent<Scores>) => void {
  let line = new ProgressLine('');
  let captions: ProgressLine | undefined;
  let epochs = 0;
  let loss = Number.NaN;
  let validation = '';
  const describe = (scores: Scores) => {
    const shown = metrics.filter(({ key }) => headline.includes(key));
    return `validation ${shown.map(({ key, label }) => `${label} ${scores[key].toFixed(1)}`).join('  ')}`;
  };
  return (event) => {
    switch (event.type) {
      case 'captions':
        captions ??= new ProgressLine('captions');
        captions.update(event.done / event.total, `${event.done}/${event.total} texts`);
        if (event.done === event.total) captions.finish(`${event.total} texts`);
        break;
      case 'start':
        if (event.microBatch !== undefined) {
          console.log(
            `${event.stage} takes its batch of ${event.batch} in micro-batches of ${event.microBatch} (GradCache)`,
          );
        }
        line = new ProgressLine(event.stage);
        epochs = event.epochs;
        loss = Number.NaN;
        validation = '';
        break;
      case 'step': {
        const { step, steps, epoch } = event;
        if (Number.isFinite(event.loss)) loss = Number.isNaN(loss) ? event.loss : 0.9 * loss + 0.1 * event.loss;
        line.update(
          step / steps,
          `epoch ${epoch}/${epochs}  step ${step}/${steps}  loss ${loss.toFixed(3)}${formatSpeed(event)}  ${validation}`,
        );
        break;
      }
      case 'epoch':
        if (event.scores) validation = describe(event.scores);
        break;
      case 'end':
        line.finish(
          `${epochs} epochs  loss ${loss.toFixed(3)}  ${event.best ? `best ${describe(event.best)}` : validation}`,
        );
    }
  };
}
