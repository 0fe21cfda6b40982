"""The science of the modality gap: arrays and plain values in, arrays and data frames out."""
