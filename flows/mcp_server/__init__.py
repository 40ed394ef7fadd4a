"""What agents ask by the Model Context Protocol: tools with typed answers, resources and a prompt, by stdio and by HTTP."""
