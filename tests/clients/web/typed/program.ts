// What a strict TypeScript program can and cannot do with the generated types.

import { GraphQLClient } from "graphql-request";
import {
  AssignProductsDocument,
  GroupProductsDocument,
  LookupsDocument,
  MoveProductsDocument,
  type ProductCardFragment,
  RenameGroupDocument,
  ReorderProductsDocument,
} from "../generated/typed/operations";
import type { Group, ProviderKey } from "../generated/typed/schema";

const client = new GraphQLClient("http://127.0.0.1:8000/graphql");
export const vendors: ProviderKey[] = ["AXIM", "DODO", "TWO_CHECKOUT"];

/** A date is a string or null. */
export const changed = (group: Group): number =>
  group.updatedAt ? Date.parse(group.updatedAt) : Number.NaN;

export function priced({ name, createdAt, price }: ProductCardFragment): string {
  const since = createdAt === null ? "" : new Date(createdAt).getFullYear();
  const amount: string = price?.amount ?? "-";
  // @ts-expect-error: a product may have no price
  const sum = price.amount;
  return `${name ?? sum} ${amount} ${price?.currencyCode ?? ""} ${since}`;
}

export function period({ billingPeriod, trialDays }: ProductCardFragment): string {
  // @ts-expect-error: a product may have no billing period
  const unit = billingPeriod.unit;
  const days: number = trialDays ?? 0;
  return `${billingPeriod?.count ?? unit} ${billingPeriod?.unit ?? ""} ${days}`;
}

export async function products(id: string): Promise<string[]> {
  const { group } = await client.request(GroupProductsDocument, { id, first: 100 });
  // @ts-expect-error: the vendor may have failed
  group?.products.edges;
  return group?.products?.edges.map(({ node, status }) => `${priced(node)} ${status}`) ?? [];
}

export async function known(group: string, products: string[]): Promise<(string | null)[]> {
  const variables = { key: "DODO", group, products, sku: "A-1" } as const;
  const { provider } = await client.request(LookupsDocument, variables);
  // @ts-expect-error: a product may not exist
  provider?.productsByNativeId[0].name;
  return provider?.productsByNativeId.map((product) => product && priced(product)) ?? [];
}

export async function refusal(id: string, name: string | null): Promise<string | undefined> {
  const { groupUpdate } = await client.request(RenameGroupDocument, { id, name });
  const [error] = groupUpdate?.userErrors ?? [];
  if (error?.__typename === "UnsupportedError") {
    return `${error.code} ${error.capability}`;
  }
  // @ts-expect-error: only an UnsupportedError has a capability
  error?.capability;
  return error && `${error.code} ${error.field?.join(".") ?? ""} ${error.message}`;
}

/** A new order is a list of all products, or moves of some. */
export async function putFirst(id: string, productIds: string[], first: string): Promise<void> {
  await client.request(ReorderProductsDocument, { id, productIds });
  await client.request(MoveProductsDocument, { id, moves: [{ id: first, newPosition: 0 }] });
}

export async function mistakes(id: string): Promise<void> {
  // @ts-expect-error: the products are missing
  await client.request(AssignProductsDocument, { id });
  // @ts-expect-error: the new position is missing
  await client.request(MoveProductsDocument, { id, moves: [{ id }] });
  // @ts-expect-error: a name is a string
  await client.request(RenameGroupDocument, { id, name: 7 });
  // @ts-expect-error: there is no such vendor
  vendors.push("PADDLE");
}
