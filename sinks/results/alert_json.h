// Alerts, decisions and silences as JSON, for the command line and for every sink: fields named as
// in alert.proto and signal.proto, times RFC 3339, enums lower-case names, labels and annotations
// as objects, matchers as text.
#pragma once

#include <initializer_list>
#include <span>

#include "sinks/results/alert_board.h"
#include "sinks/results/decisions.h"
#include "sinks/results/delivery_board.h"
#include "sinks/results/proto_json.h"
#include "sinks/results/receiver_facts.h"

namespace weir::results {

Json to_json(const v1::Alert& alert);
/// {"receiver": "oncall", "what": "sent", "at": "...", "because": "...", "sent_at": "..."}
Json to_json(const std::string& receiver, const Delivery& delivery);
/// `rules`: the hash of those it was taken under, 16 hex digits; null: by a sink.
Json to_json(const v1::Decision& decision);
/// `now`: whether it is pending, active or ended.
Json to_json(const v1::Silence& silence, TimeUs now);

/// Those that are pending or fire, pages first, then since when; `all`: also those that resolved.
/// Each with `told`: what came of telling its receivers.
Json alerts_json(const AlertBoard& board, const DeliveryBoard& deliveries, bool all);
/// Receivers by name: those that are told from a process, and those that the decisions name (whose
/// `type` is null where nothing tells them). What only a process knows that tells a receiver is
/// null without one: `waiting`, `oldest_waiting_s`, `trouble`. Times of the last success and
/// failure are the later of what either knows.
Json receivers_json(std::span<const ReceiverFacts> told, const DeliveryBoard& deliveries,
                    TimeUs now);
/// Those that hold or will, by their ends; `all`: also those that have ended.
Json silences_json(const AlertBoard& board, TimeUs now, bool all);
/// What an answer does not show, as sentences: records that could not be read. Mostly empty.
Json warnings_json(std::initializer_list<Unreadable> unreadable);
/// The newest `most` that the query asks for, oldest first. Errors: as read_decisions.
Result<Json> decisions_json(const runtime::Reader& log, const DecisionQuery& query,
                            std::size_t most);

/// `service="chat"`
std::string matcher_text(const v1::LabelMatcher& matcher);

}  // namespace weir::results
