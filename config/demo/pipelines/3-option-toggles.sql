-- Switches of members, announced only when a value really changed. Snapshot rows set the state silently.
create stream `stg_option` with (kafka_topic='ROW.MEMBER.OPTION', value_format='AVRO');

create stream `stm_option_changed`
with (kafka_topic='STREAM.OPTION.CHANGED', key_format='JSON', value_format='JSON', partitions=1,
      changes_key='`user_id`, `option_key`', changes_columns='`enabled`') as
select user_id as `user_id`, option_key as `option_key`, enabled <> 0 as `enabled`, updated_at as `updated_at`
from `stg_option` where user_id is not null
partition by user_id emit changes;
