// What a request to a receiver holds. Each format is a pure function of what is to be told; they
// share how text is cut. JSON text is always UTF-8.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "processors/core/time.h"
#include "weir/v1/alert.pb.h"

namespace weir::webhook {

using Json = nlohmann::ordered_json;

/// Of a body, and so of a request.
inline constexpr std::size_t kMaxBodyBytes = 2 << 20;

/// Without line breaks; what is not UTF-8 shows replacement characters.
std::string dump(const Json& json);

/// At most so many bytes, "..." for what was cut off.
std::string shortened(std::string_view text, std::size_t max_bytes);

bool fires(const v1::Alert& alert);
/// A silence or another alert hides it.
bool is_muted(const v1::Alert& alert);
/// The annotation or label of that name; empty where there is none.
std::string annotation(const v1::Alert& alert, std::string_view name);
std::string label(const v1::Alert& alert, std::string_view name);

/// "chat-availability page-1h": what decisions call the alert.
std::string title_of(const v1::Alert& alert);
/// One line for people: its summary, or its title.
std::string summary_of(const v1::Alert& alert);

}  // namespace weir::webhook
