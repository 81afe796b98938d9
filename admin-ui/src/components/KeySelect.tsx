import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, result } from '../lib/api';

interface Props {
  /** An id; empty for any. */
  value: string;
  onChange: (id: string) => void;
}

/** One of maybe thousands of keys: the server searches. */
export function KeySelect({ value, onChange }: Props) {
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search, 250);
  const found = useQuery({
    queryKey: ['keys', 'select', asked],
    queryFn: ({ signal }) =>
      result(
        api.GET('/keys', { params: { query: { q: asked || undefined, sort: 'name', limit: 30 } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
  const chosen = useQuery({
    queryKey: ['keys', value, 'name'],
    queryFn: () => result(api.GET('/keys/{id}', { params: { path: { id: value } } })),
    enabled: value !== '',
    retry: false,
  });
  const options = new Map(found.data?.data.map((key) => [key.id, key.name]));
  if (value !== '') options.set(value, chosen.data?.name ?? value);
  return (
    <Select
      label="Key"
      placeholder="Any"
      searchable
      clearable
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      filter={({ options: all }) => all}
      value={value === '' ? null : value}
      onSearchChange={(text) => setSearch(text === (value === '' ? '' : options.get(value)) ? '' : text)}
      onChange={(id) => onChange(id ?? '')}
      nothingFoundMessage="No such key"
    />
  );
}
