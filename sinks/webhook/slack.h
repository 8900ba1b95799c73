// A message of Slack, in blocks: https://docs.slack.dev/reference/block-kit/blocks. Pure.
//
// Limits: 50 blocks, a header of 150 characters, 3,000 of a section. Text is cut, and alerts that
// do not fit are counted. What an alert says is shown as it is: it can neither mention people nor
// make links.
#pragma once

#include <string>

#include "sinks/webhook/payload.h"

namespace weir::webhook {

std::string slack_body(const v1::Notification& notification);

}  // namespace weir::webhook
