"""One application of the sample collection, whole and without faults."""

APP = """\
nm: app/1
description: Words from frames.
seed: 3
params: {width: 5}
modules:
  train_data: {type: speech.Frames@1, params: {manifest: train.txt}}
  dev_data: {type: speech.Frames@1, params: {manifest: dev.txt}}
  encoder: {type: speech.Encoder@1, params: {width: $width}}
  decoder: {type: speech.Decoder@1, params: {width: $width}}
  loss: {type: speech.Loss@1}
  speller: {type: speech.Speller@1, params: {vocabulary: words.txt}}
graphs:
  train:
    calls:
      - call: train_data
      - {call: encoder, inputs: {signal: train_data.spec, length: train_data.length}}
      - {call: decoder, inputs: {encoded: encoder.encoded}}
      - {call: loss, inputs: {log_probs: decoder.log_probs, labels: train_data.word, scale: 2.0}}
    outputs: {loss: loss.loss}
  eval:
    calls:
      - call: dev_data
      - {call: encoder, inputs: {signal: dev_data.spec, length: dev_data.length}}
      - {call: decoder, inputs: {encoded: encoder.encoded}}
      - {call: speller, inputs: {log_probs: decoder.log_probs}}
    outputs: {text: speller.text, word: dev_data.word}
  infer:
    inputs: {spec: "B Spectrogram:2 T:t"}
    calls:
      - {call: encoder, inputs: {signal: spec}}
      - {call: decoder, inputs: {encoded: encoder.encoded}}
      - {call: speller, inputs: {log_probs: decoder.log_probs}}
    outputs: {text: speller.text}
tie: [[encoder.weight, decoder.weight]]
freeze: [encoder.**]
tasks: {transcribe: infer}
train:
  optimize: [train.loss]
  optimizer: {name: sgd, lr: 0.1}
  max_steps: 4
  work_dir: runs
  callbacks: [{type: silent}, {type: watch, metrics: eval, params: {log_dir: logs}}]
eval: {metrics: [{type: speech.WordCount, inputs: {hypotheses: eval.text, references: eval.word}}]}
"""

TRAIN = "1 2 no\n3 4 yes\n"
DEV = "1 1 no\n"
