; What facts are made of. Each capture is one kind of evidence; extract.py puts it into the scope it stands in.

; scopes
(class_definition) @class
(function_definition) @function
(lambda) @lambda
(decorated_definition definition: (_) @decorated)

; code that no run comes to
[(return_statement) (raise_statement) (break_statement) (continue_statement)] @leaves
(if_statement condition: [(false) (true) (integer)] @constant)
(elif_clause condition: [(false) (integer)] @constant)
(while_statement condition: [(false) (integer)] @constant)

; names bound from other modules
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import

; attributes: read unless captured as stored
(attribute) @attribute

(keyword_pattern . (identifier) @pattern)

; what gets a value
(assignment left: (identifier)) @name
(augmented_assignment left: (identifier)) @name
(assignment left: [(attribute) (subscript) (pattern_list) (tuple_pattern) (list_pattern)]) @assignment
(augmented_assignment left: [(attribute) (subscript)]) @assignment
(assignment left: (attribute) @stored)
(for_statement left: (attribute) @stored)
(delete_statement (attribute) @stored)
(delete_statement (expression_list (attribute) @stored))
(pattern_list (attribute) @stored)
(tuple_pattern (attribute) @stored)
(list_pattern (attribute) @stored)
(list_splat_pattern (attribute) @stored)
(named_expression name: (identifier) @walrus)

; what values are made with
(call function: (_) @callee)
(subscript value: (_) @table)

; statements whose value nobody takes
(expression_statement (call) @discarded)
(expression_statement (binary_operator) @discarded)

; names used as plain values
(argument_list (identifier) @mention)
(keyword_argument value: (identifier) @mention)
(list_splat (identifier) @mention)
(assignment right: (identifier) @mention)
(return_statement (identifier) @mention)
(return_statement (expression_list (identifier) @mention))
(assignment right: (expression_list (identifier) @mention))
(yield (identifier) @mention)
(list (identifier) @mention)
(tuple (identifier) @mention)
(set (identifier) @mention)
(pair value: (identifier) @mention)
(default_parameter value: (identifier) @mention)
(typed_default_parameter value: (identifier) @mention)
(conditional_expression (identifier) @mention)
(boolean_operator (identifier) @mention)
(named_expression value: (identifier) @mention)
(subscript value: (identifier) @mention)
(for_statement right: (identifier) @mention)
(for_in_clause right: (identifier) @mention)
(comparison_operator (identifier) @mention)
(with_item value: (identifier) @mention)
(lambda body: (identifier) @mention)
(decorator (identifier) @mention)

; where the parser lost the thread
(ERROR) @error
(print_statement) @error
(exec_statement) @error
