// The request that tells a receiver. Pure.
#pragma once

#include <span>

#include "processors/net/http_client.h"
#include "sinks/webhook/config.h"
#include "sinks/webhook/item.h"

namespace weir::webhook {

/// `items`: one notification, or for Alertmanager as many alerts as there are. Signed, where the
/// receiver has keys, at `now`; the id of a notification goes as `webhook-id` to every type, the
/// same at every attempt.
net::ClientRequest request_of(const ReceiverConfig& config, const ReceiverSecrets& secrets,
                              std::span<const Item> items, TimeUs now);

}  // namespace weir::webhook
