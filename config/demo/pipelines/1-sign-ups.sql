-- Event sign-ups joined with the names of their events.
create stream `stg_submit` with (kafka_topic='EVENT_MYSQL.EVENT.SUBMIT', value_format='AVRO');
create stream `stg_name`   with (kafka_topic='EVENT_MYSQL.EVENT.NAME',   value_format='AVRO');

create table `tb_event_name`
with (kafka_topic='TABLE.EVENT.NAME', key_format='AVRO', value_format='AVRO', partitions=1) as
select after->id as `id`, latest_by_offset(after->name) as `name`
from `stg_name` where after->id is not null group by after->id emit changes;

-- join_wait_ms: a sign-up that arrives before its event's name waits for it, up to ten minutes.
create stream `stm_event_name_join`
with (kafka_topic='STREAM.EVENT.JOIN', key_format='JSON', value_format='JSON', partitions=1, join_wait_ms='600000') as
select s.after->user_id as `user_id`, e.`name` as `event_name`, s.after->created_at as `event_time`
from `stg_submit` s left join `tb_event_name` e on s.after->event_id = e.`id`
where (s.op = 'r' or s.op = 'c') and s.after->event_id is not null and e.`id` is not null
partition by s.after->user_id emit changes;
