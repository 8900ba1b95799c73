// A condition on one label, as routes, inhibition and silences have them. Immutable; thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/labels/labels.h"
#include "weir/v1/signal.pb.h"

namespace re2 {
class RE2;
}

namespace weir::labels {

/// Of a name, a value or an expression.
inline constexpr std::size_t kMaxMatcherBytes = 1024;
/// That hold or will: each asks its matchers of each alert that fires. Who takes one more refuses
/// it.
inline constexpr std::size_t kMaxSilences = 1'000;

class Matcher {
 public:
  /// `name OP value`: OP is =, !=, =~ or !~; the value stands alone or in double quotes, in which a
  /// backslash escapes, and \n is a line break. Blanks around each part do not matter. Error:
  /// invalid_argument, with what was expected and a caret under where.
  static Result<Matcher> parse(std::string_view text);
  /// Error: invalid_argument: no name, no operation, too long, no expression of RE2's.
  static Result<Matcher> make(const v1::LabelMatcher& matcher);

  bool matches(const Labels& labels) const;

  const v1::LabelMatcher& proto() const { return matcher_; }
  /// `service="chat"`
  std::string text() const;

 private:
  v1::LabelMatcher matcher_;
  std::shared_ptr<const re2::RE2> expression_;  // of =~ and !~
};

/// Whether all of them match; true of none.
bool match_all(std::span<const Matcher> matchers, const Labels& labels);

/// Whether they may match everything: each of them matches what has no such label, or what has any
/// value of it, judged by values that nobody uses; of `severity`, by those that there are. True of
/// none.
bool may_match_everything(std::span<const Matcher> matchers);

/// `{service="chat", tenant=~"eu-.*"}`
std::string to_text(std::span<const Matcher> matchers);

/// The same from protobuf. Error: of the first that is wrong.
Result<std::vector<Matcher>> make_matchers(
    const google::protobuf::RepeatedPtrField<v1::LabelMatcher>& matchers);

}  // namespace weir::labels
