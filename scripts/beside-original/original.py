"""Runs the jobs of a JSON file through the original code, which is imported from clones of openai/CLIP and of
ABaldrati/CLIP4Cir: its own training loops, evaluation and preprocessing.

What is replaced: where batches and random numbers come from (a list), where the data lies, dropout (off), and Comet,
which only logs. Where ftfy is not installed it is left out: it changes nothing in ASCII.
"""
import contextlib
import importlib.util
import json
import platform
import sys
import types
from pathlib import Path

job_file = json.loads(Path(sys.argv[1]).read_text())
work = Path(job_file['work'])
sys.path[:0] = [job_file['clip'], str(Path(job_file['clip4cir']) / 'src')]


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


has_ftfy = importlib.util.find_spec('ftfy') is not None
if not has_ftfy:
    stand_in('ftfy', fix_text=lambda text: text)
stand_in('comet_ml', Experiment=object)

import clip
import clip.model
import numpy as np
import PIL
import torch
import torchvision

import clip_fine_tune
import combiner as combiner_module
import combiner_train
import data_utils
import utils
import validate

data_utils.base_path = work
for module in (clip_fine_tune, combiner_train):
    module.base_path = work / 'original'
    module.training_hyper_params = {}


class Log:
    """Stands in for a Comet experiment: keeps the loss of every step."""

    def __init__(self):
        self.losses = []

    def log_metric(self, name, value, **_):
        if name == 'step_loss':
            self.losses.append(value)

    def log_metrics(self, *_, **__):
        pass

    def train(self):
        return contextlib.nullcontext()

    validate = train


def batches_of(job):
    """Stands in for a DataLoader that shuffles: gives the batches of the job."""

    class Batches:
        def __init__(self, dataset, collate_fn, **_):
            self.dataset, self.collate = dataset, collate_fn

        def __len__(self):
            return len(job['batches'])

        def __iter__(self):
            for batch in job['batches']:
                yield self.collate([self.dataset[i] for i in batch])

    return Batches


def take_batches(module, job):
    """Has a training script draw the batches and the caption forms of the job. Returns its log."""
    module.DataLoader = batches_of(job)
    draws = iter([(form + 0.5) / 4 for batch in job['forms'] for form in batch])
    utils.random = types.SimpleNamespace(random=lambda: next(draws))
    module.experiment = Log()
    return module.experiment


def load_clip(path):
    state = torch.load(path, map_location='cpu')['CLIP']
    model = clip.model.build_model(dict(state)).float()
    model.load_state_dict(state)  # build_model has rounded it to half precision
    return model.eval()


def saved(kind):
    return str(max((work / 'original/models').glob(f'*/saved_models/{kind}_0.pt'), key=lambda path: path.stat().st_mtime))


def random_model(job):
    """A ModifiedResNet CLIP with random weights, as CLIP4Cir saves a model."""
    torch.manual_seed(job['seed'])
    model = clip.model.CLIP(64, 64, (1, 2, 1, 1), 16, None, 77, 49408, 64, 1, 2)
    with torch.no_grad():
        model.token_embedding.weight.normal_(std=0.5)
        model.positional_embedding.normal_(std=0.2)
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.normal_(std=0.2)
                layer.running_mean.normal_(std=0.2)
                layer.running_var.uniform_(0.5, 1.5)
    torch.save({'epoch': 0, 'CLIP': model.state_dict()}, job['out'])


def features(job):
    model = load_clip(job['model'])
    preprocess = data_utils.targetpad_transform(1.25, model.visual.input_resolution)
    images = torch.stack([preprocess(PIL.Image.open(path)) for path in job['images']])
    with torch.no_grad():
        found = {
            'image': model.encode_image(images),
            'text': model.encode_text(clip.tokenize(job['texts'])),
        }
    for kind, values in found.items():
        np.ascontiguousarray(values.numpy(), '<f4').tofile(f"{job['out']}.{kind}")


def fine_tune(job):
    log = take_batches(clip_fine_tune, job)
    clip.load = lambda *_, **__: (load_clip(job['model']), None)
    clip_fine_tune.clip_finetune_fiq(job['categories'], job['categories'], 1, 'beside', job['learningRate'],
                                     len(job['batches'][0]), 1, 'targetpad', True, job['encoder'], False,
                                     target_ratio=1.25)
    return {'losses': log.losses, 'model': saved('tuned_clip')}


def train_combiner(job):
    log = take_batches(combiner_train, job)
    clip.load = lambda *_, **__: (load_clip(job['model']), None)
    torch.nn.Dropout.forward = lambda self, x: x

    def initial(*sizes):
        made = combiner_module.Combiner(*sizes)
        made.load_state_dict(torch.load(job['initial'])['Combiner'])
        return made

    combiner_train.Combiner = initial
    combiner_train.combiner_training_fiq(job['categories'], job['categories'], job['projectionDim'], job['hiddenDim'], 1,
                                         'beside', job['learningRate'], len(job['batches'][0]), 32, 1, 'targetpad',
                                         True, False, target_ratio=1.25)
    return {'losses': log.losses, 'model': saved('combiner')}


def evaluate(job):
    model = load_clip(job['model'])
    preprocess = data_utils.targetpad_transform(1.25, model.visual.input_resolution)
    combine = utils.element_wise_sum
    if job.get('combiner'):
        made = combiner_module.Combiner(model.visual.output_dim, job['projectionDim'], job['hiddenDim'])
        made.load_state_dict(torch.load(job['combiner'])['Combiner'])
        combine = made.eval().combine_features
    found = {}
    for category in job['categories']:
        recalls = validate.fashioniq_val_retrieval(category, combine, model, preprocess)
        found.update(zip([f'{category} recall_at10', f'{category} recall_at50'], recalls))
    names = [f'group_recall_at{k}' for k in (1, 2, 3)] + [f'recall_at{k}' for k in (1, 5, 10, 50)]
    found.update(zip([f'all {name}' for name in names], validate.cirr_val_retrieval(combine, model, preprocess)))
    return found


def versions(_):
    return {
        'Python': platform.python_version(),
        'PyTorch': torch.__version__,
        'torchvision': torchvision.__version__,
        'Pillow': PIL.__version__,
        'ftfy': 'installed' if has_ftfy else 'left out',
    }


jobs = {
    'versions': versions,
    'random-model': random_model,
    'features': features,
    'fine-tune': fine_tune,
    'train-combiner': train_combiner,
    'evaluate': evaluate,
}
results = [jobs[job['do']](job) for job in job_file['jobs']]
Path(job_file['results']).write_text(json.dumps(results))
