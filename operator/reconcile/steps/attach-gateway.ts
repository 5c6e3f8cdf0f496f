/** Puts the gateway into the Service's endpoints at weight 0: requests take the whole path and still reach the workload. */
import { pending } from "../../api/outcome.ts";
import { gatewayNames } from "../../api/v1alpha1/names.ts";
import type { RoutedFunction } from "../../traffic/switch.ts";
import type { FoundService } from "../../workload/find-service.ts";
import type { Context } from "../context.ts";
import { checkpoint, unfinished } from "../flow.ts";
import type { GatewayPlace, PortAllocator } from "../port-allocator.ts";
import { isBroken } from "./shift.ts";

export async function attachGateway(
  ctx: Context,
  ports: PortAllocator,
  subject: FoundService,
  version: string,
): Promise<RoutedFunction> {
  const route = routeOf(ctx, subject, version, ensurePlace(ctx, ports));
  const outcome = await ctx.traffic.attach(route);
  if (!outcome.done) {
    if (isBroken(outcome) || !ctx.status.isTrue("TrafficShifted"))
      ctx.status.setCondition("TrafficShifted", "False", outcome.reason, outcome.message);
    throw unfinished(outcome);
  }
  return route;
}

/** What a route is made of, beside the Service. */
export interface RouteContext extends Pick<Context, "identity"> {
  readonly provider: Pick<Context["provider"], "upstream">;
  readonly status: Pick<Context["status"], "isTrue">;
}

export function routeOf(
  ctx: RouteContext,
  { service, port }: FoundService,
  version: string,
  gateway: GatewayPlace,
): RoutedFunction {
  return {
    identity: ctx.identity,
    service: {
      name: service.metadata.name,
      selector: service.spec.selector ?? {},
      port: {
        name: port.name ?? "",
        number: port.port,
        targetPort: port.targetPort ?? port.port,
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
      ipFamilies: service.spec.ipFamilies ?? ["IPv4"],
    },
    gateway,
    upstream: ctx.provider.upstream(ctx.identity, version),
    ...(ctx.status.isTrue("TrafficShifted") ? { restoreWeight: 100 } : {}),
  };
}

/** The place is in status before anything uses it, so that a restart finds it there. */
function ensurePlace(ctx: Context, ports: PortAllocator): GatewayPlace {
  const { gateway } = ctx.fn.status ?? {};
  if (gateway !== undefined) return gateway;
  const { namespace, uid } = ctx.identity;
  const others = ctx.stores.edgeFunctions.list(namespace).filter((other) => other.metadata.uid !== uid);
  const taken = others.flatMap((other) => other.status?.gateway ?? []);
  const alive = new Set([uid, ...others.flatMap((other) => other.metadata.uid ?? [])]);
  const place = ports.allocate(namespace, uid, taken, alive);
  if (place === undefined) {
    const message = `The ${gatewayNames.length} gateways of namespace ${namespace} hold as many functions as they can.`;
    ctx.status.setCondition("TrafficShifted", "False", "GatewayFull", message);
    throw unfinished(pending("GatewayFull", message));
  }
  ctx.status.set("gateway", place);
  ctx.status.setCondition(
    "TrafficShifted",
    "False",
    "Attaching",
    "The function has its port on the gateway.",
  );
  throw checkpoint("Attaching", "The function has its port on the gateway.");
}
