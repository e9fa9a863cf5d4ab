-- The smallest order id of each account, over the history and the live orders.
create stream `stream_order_insert` (account_id bigint key, order_id bigint)
with (kafka_topic='STREAM.ORDER.INSERT', key_format='AVRO', value_format='AVRO', partitions=1);

create table `table_min_order`
with (kafka_topic='TABLE.MIN_ORDER', key_format='AVRO', value_format='AVRO', partitions=1) as
select account_id, min(order_id) as min_order_id from `stream_order_insert` group by account_id;
