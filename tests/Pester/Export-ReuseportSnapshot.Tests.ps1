BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 3 -Port 5443
    $null = New-ReuseportGroup dns -SlotCount 2 -Port 5353
    $null = Set-SteeringPolicy web (New-SteeringPolicy @{ by = 'hash' } -Name even)
}

Describe 'Export-ReuseportSnapshot' {
    It 'returns the text of all groups without a file' {
        $snapshot = Export-ReuseportSnapshot | ConvertFrom-Json
        $snapshot.version | Should -Be 1
        $snapshot.groups.name | Should -Be @('dns', 'web')
        $snapshot.groups[1].slots | Should -HaveCount 3
    }

    It 'collects a pipeline into one file' {
        Get-ReuseportGroup | Export-ReuseportSnapshot -Path TestDrive:/all.json
        (Get-Content TestDrive:/all.json -Raw | ConvertFrom-Json).groups | Should -HaveCount 2
    }

    It 'takes names and wildcards' {
        (Export-ReuseportSnapshot 'w*', dns | ConvertFrom-Json).groups | Should -HaveCount 2
        (Export-ReuseportSnapshot web | ConvertFrom-Json).groups.policy | Should -Match 'policy: even'
    }

    It 'returns the groups with their flows' {
        $group = Export-ReuseportSnapshot web TestDrive:/web.json -PassThru
        $group.Name | Should -Be web
        $group.Flows | Should -Be 0
        $group.HasMaskedAddresses | Should -BeFalse
    }

    It 'says what masking does to previews' {
        $warning = $null
        $text = Export-ReuseportSnapshot web -MaskAddress -WarningVariable warning -WarningAction SilentlyContinue
        ($text | ConvertFrom-Json).maskedAddresses | Should -BeTrue
        "$warning" | Should -Match 'RPS5397'
    }

    It 'writes nothing with -WhatIf, and does not overwrite with -NoClobber' {
        Export-ReuseportSnapshot web TestDrive:/never.json -WhatIf
        'TestDrive:/never.json' | Should -Not -Exist
        Set-Content TestDrive:/kept.json 'mine'
        { Export-ReuseportSnapshot web TestDrive:/kept.json -NoClobber -ErrorAction Stop } | Should -Throw -ErrorId 'FileUnwritable,*'
    }

    It 'reports a group that is not there' {
        { Export-ReuseportSnapshot nobody -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound,*'
    }
}
