-- Live orders. This file is held until the history is loaded and the table has caught up with it.
create stream `stg_order` with (kafka_topic='TRADE_MYSQL.TRADE.ORDER', value_format='AVRO');

insert into `stream_order_insert`
select after->user_id as account_id, after->order_id as order_id from `stg_order`
where op = 'c' and after->user_id is not null and after->order_id is not null
partition by after->user_id emit changes;

-- changes_key: one event an account, also when orders of one account arrive out of order or twice. Rows of the back-fill neither
-- announce nor count as announced: an export may hold an order that is still to come live.
create stream `stream_min_order`
with (kafka_topic='STREAM.MIN_ORDER', key_format='JSON', value_format='JSON', partitions=1, 
      changes_key='ACCOUNT_ID', changes_backfill='ignore') as
select s.account_id as account_id, true as first_order
from `stream_order_insert` s left join `table_min_order` t on s.account_id = t.account_id
where (t.account_id is null or t.min_order_id = s.order_id) emit changes;
