// What a shop's integration does on a day, told with Shopee's public TypeScript SDK as it is.
// Reads its settings as JSON from standard input and prints what it saw as JSON.
import { readFileSync } from "node:fs";
import { ShopeeSDK } from "@congminh1254/shopee-sdk";

const told = JSON.parse(readFileSync(0, "utf8"));
const sdk = new ShopeeSDK({
  partner_id: told.partner_id,
  partner_key: told.partner_key,
  base_url: `${told.base_url}/api/v2`,
});

async function refused(call) {
  try {
    await call();
  } catch (error) {
    return { name: error.name, status: error.status, error: error.data?.error, message: error.data?.message };
  }
  return null;
}

const seen = {};
const first = await sdk.authenticateWithCode(told.code, told.shop_id);
seen.token = { expire_in: first.expire_in, shop_id_list: first.shop_id_list };
seen.code_again = await refused(() => sdk.auth.getAccessToken(told.code, told.shop_id));

const second = await sdk.refreshToken();
seen.refresh = {
  shop_id: second.shop_id,
  partner_id: second.partner_id,
  rotated: second.refresh_token !== first.refresh_token && second.access_token !== first.access_token,
};
seen.refresh_again = await refused(() => sdk.auth.getRefreshToken(first.refresh_token, told.shop_id));

// a dead access token: the SDK renews it and repeats the call
await sdk.tokenStorage.store({ ...second, access_token: "0".repeat(32) });
seen.shop = (await sdk.shop.getShopInfo()).shop_name;
seen.renewed = (await sdk.getAuthToken()).access_token !== "0".repeat(32);

const now = Math.floor(Date.now() / 1000);
const list = await sdk.order.getOrderList({
  time_range_field: "create_time",
  time_from: now - 3600,
  time_to: now + 3600,
  page_size: 50,
  response_optional_fields: "order_status",
});
seen.orders = list.response.order_list.map((order) => order.order_sn).sort();
seen.more = list.response.more;

// the SDK repeats the key for each number of a list
const details = await sdk.order.getOrderDetail({
  order_sn_list: told.orders,
  response_optional_fields: ["item_list", "total_amount", "package_list"],
});
seen.details = details.response.order_list.map((order) => ({
  order_sn: order.order_sn,
  status: order.order_status,
  items: order.item_list.map((item) => [item.item_id, item.model_id, item.model_quantity_purchased]),
}));
seen.unknown_order = await refused(() => sdk.order.getOrderDetail({ order_sn_list: ["NOT"] }));

const items = await sdk.product.getItemList({ offset: 0, page_size: 5, item_status: ["NORMAL", "UNLIST"] });
seen.items = items.response.item.map((item) => item.item_id);
seen.total = items.response.total_count;
const base = await sdk.product.getItemBaseInfo({ item_id_list: [told.item_id] });
seen.item_name = base.response.item_list[0].item_name;
const models = await sdk.product.getModelList({ item_id: told.item_id });
seen.models = models.response.model.map((model) => model.model_id);

const stock = await sdk.product.updateStock({
  item_id: told.item_id,
  stock_list: [{ model_id: told.model_id, seller_stock: [{ stock: 3 }] }],
});
seen.stock = stock.response;

const needed = await sdk.logistics.getShippingParameter({ order_sn: told.orders[0] });
const address = needed.response.pickup.address_list[0];
await sdk.logistics.shipOrder({
  order_sn: told.orders[0],
  pickup: { address_id: address.address_id, pickup_time_id: address.time_slot_list[0].pickup_time_id },
});
seen.shipped_twice = await refused(() => sdk.logistics.shipOrder({ order_sn: told.orders[0], dropoff: {} }));
seen.tracking = (await sdk.logistics.getTrackingNumber({ order_sn: told.orders[0] })).response.tracking_number;
seen.cancelled = Object.keys(
  (await sdk.order.cancelOrder({ order_sn: told.orders[1], cancel_reason: "CUSTOMER_REQUEST" })).response,
);

process.stdout.write(JSON.stringify(seen));
