"""Files that an export carries word for word. They run alone, with torch and safetensors only."""
