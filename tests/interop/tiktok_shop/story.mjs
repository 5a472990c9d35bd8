// What a shop's integration does on a day, told with a public TypeScript SDK for TikTok Shop as it is. Its hosts are constants,
// so what it fetches is redirected. Calls have a body with fields or none: it signs `{}` unlike the platform.
// Reads its settings as JSON from standard input and prints what it saw as JSON.
import { readFileSync } from "node:fs";
import { TikTokShopSDK } from "tiktok-shop-sdk";

const told = JSON.parse(readFileSync(0, "utf8"));
const fetched = globalThis.fetch;
const hosts = new Set();
globalThis.fetch = (address, options) => {
  const url = new URL(address);
  hosts.add(url.origin);
  return fetched(`${told.base_url}${url.pathname}${url.search}`, options);
};

async function refused(call) {
  try {
    await call();
  } catch (error) {
    return { name: error.name, code: error.code };
  }
  return null;
}

const sdk = new TikTokShopSDK({ appKey: told.app_key, appSecret: told.app_secret });
const seen = {};
const first = (await sdk.auth.getAccessToken({ auth_code: told.code })).data;
seen.token = { region: first.seller_base_region, epoch: first.access_token_expire_in > Date.now() / 1000 };
seen.code_again = await refused(() => sdk.auth.getAccessToken({ auth_code: told.code }));
const second = (await sdk.auth.refreshAccessToken({ refresh_token: first.refresh_token })).data;
seen.rotated = second.refresh_token !== first.refresh_token;

sdk.setAccessToken("ROW_nobody");
seen.wrong_token = await refused(() => sdk.shop.getAuthorizedShops());
sdk.setAccessToken(second.access_token);
const shops = (await sdk.shop.getAuthorizedShops()).data.shops;
seen.shops = shops.map((shop) => shop.name);
seen.no_cipher = await refused(() => sdk.order.getOrderDetail({ ids: told.orders }));
sdk.setShopCipher(shops.find((shop) => shop.id === told.shop_id).cipher);
seen.needless_cipher = await refused(() => sdk.requestCipher({ method: "GET", path: "/authorization/202309/shops" }));

const list = await sdk.order.getOrderList({
  query: { page_size: 1, sort_field: "create_time", sort_order: "ASC" },
  body: { order_status: "AWAITING_SHIPMENT" },
});
const rest = await sdk.order.getOrderList({
  query: { page_size: 50, sort_field: "create_time", sort_order: "ASC", page_token: list.data.next_page_token },
  body: { order_status: "AWAITING_SHIPMENT" },
});
seen.orders = [...list.data.orders, ...rest.data.orders].map((order) => order.id).filter((id) => told.orders.includes(id));
const details = (await sdk.order.getOrderDetail({ ids: told.orders })).data.orders;
seen.details = details.map((order) => [order.id, order.status, order.line_items.length]);
seen.price = (await sdk.order.getPriceDetail({ order_id: told.orders[0] })).data.total;

const products = await sdk.product.searchProducts({ query: { page_size: 5 }, body: { status: "ACTIVATE" } });
seen.products = products.data.products.map((product) => product.id);
const product = (await sdk.product.getProduct({ product_id: told.product_id, query: {} })).data;
seen.title = product.title;
await sdk.product.updateProductInventory({
  product_id: told.product_id,
  body: { skus: [{ id: told.sku_id, inventory: [{ quantity: 3 }] }] },
});
const inventory = (await sdk.product.searchInventory({ sku_ids: [told.sku_id] })).data.inventory;
seen.stock = inventory[0].skus[0].total_available_quantity;
await sdk.product.updateProductPrice({
  product_id: told.product_id,
  body: { skus: [{ id: told.sku_id, price: { amount: "99000", currency: "VND" } }] },
});
seen.warehouses = (await sdk.logistic.getWarehouseList()).data.warehouses.map((warehouse) => warehouse.type);

const packages = await sdk.fulfillment.searchPackage({ query: { page_size: 50 }, body: { package_status: "TO_FULFILL" } });
const mine = packages.data.packages.find((one) => one.orders[0].id === told.orders[0]);
const slots = (await sdk.fulfillment.getPackageHandoverTimeSlots(mine.id)).data;
seen.slots = slots.pickup_slots.map((slot) => slot.avaliable);
await sdk.requestCipher({
  method: "POST",
  path: `/fulfillment/202309/packages/${mine.id}/ship`,
  body: { handover_method: "DROP_OFF" },
});
seen.shipped_twice = await refused(() =>
  sdk.requestCipher({
    method: "POST",
    path: `/fulfillment/202309/packages/${mine.id}/ship`,
    body: { handover_method: "DROP_OFF" },
  }),
);
const cancelled = await sdk.return_refund.cancelOrder({
  order_id: told.orders[1],
  cancel_reason: "seller_cancel_reason_out_of_stock",
});
seen.cancelled = cancelled.data.cancel_status;
const asked = await sdk.return_refund.searchCancellation({
  query: { page_size: 10 },
  body: { order_ids: [told.orders[2]] },
});
await sdk.return_refund.approveCancellation({
  cancel_id: asked.data.cancellations[0].cancel_id,
  query: { idempotency_key: "once" },
});
seen.statements = (await sdk.finance.getStatements({ sort_field: "statement_time" })).data.statements;

await sdk.event.updateShopWebhook({ event_type: "ORDER_STATUS_CHANGE", address: "https://hub.example.com/hook/" });
seen.webhooks = (await sdk.event.getShopWebhooks()).data.webhooks.map((hook) => hook.address);
seen.hosts = [...hosts].sort();

process.stdout.write(JSON.stringify(seen));
