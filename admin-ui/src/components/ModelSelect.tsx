import { Select } from '@mantine/core';
import { useMyModels } from './queries';

interface Props {
  label: string;
  value: string;
  onChange: (model: string) => void;
}

/** Of the models that whoever is logged in may use; a name that is gone stays choosable while it is chosen. */
export function ModelSelect({ label, value, onChange }: Props) {
  const { data = [] } = useMyModels();
  return (
    <Select
      label={label}
      placeholder="Any"
      searchable
      clearable
      limit={100}
      data={value === '' || data.includes(value) ? data : [value, ...data]}
      value={value === '' ? null : value}
      onChange={(model) => onChange(model ?? '')}
      nothingFoundMessage="No such model"
    />
  );
}
